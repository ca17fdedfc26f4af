> flow flow.yaml
> invite Ann flow=f site=main-street service_name=Haircut
> start
> tap 5
> say Food & drinks, Service
= what: fd, svc
