> flow flow.yaml
> invite Ann flow=e5_nps10 site=main-street service_name=Haircut
> start
> say 7
= rec: 7
= case: none
