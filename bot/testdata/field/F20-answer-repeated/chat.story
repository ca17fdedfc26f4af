> flow flow.yaml
> invite Ann flow=f site=main-street service_name=Haircut
> start
> tap 4
> say 3
= customer: You said 3 nights with your Haircut.
