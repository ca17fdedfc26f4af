> flow flow.yaml
> invite Ann flow=f site=main-street service_name=Haircut
> start
> say ५
= overall: 5
> say ٢٠
= paid: 20
