> flow flow.yaml
> invite Ann flow=f site=main-street service_name=Haircut
> start
> say 😡😡😡
= overall: 1
