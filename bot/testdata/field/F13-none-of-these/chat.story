> flow flow.yaml
> invite Ann flow=f site=main-street service_name=Haircut
> start
> tap 5
> tap ☐ Service
> tap ☐ None of these
> tap Done
= what: none
