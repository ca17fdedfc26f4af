> flow flow.yaml
> invite Ann flow=e10_workshop site=main-street service_name=Haircut
> start
> tap Yes
> tap I don’t know
= clear: -
= customer: What should we do better?
