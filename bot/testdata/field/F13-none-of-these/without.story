> flow flow.yaml
> invite Ann flow=f site=main-street service_name=Haircut
> start
> tap 5
> tap ☐ None of these
> tap ☐ Service
> tap Done
= what: svc
