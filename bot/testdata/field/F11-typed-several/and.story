> flow flow.yaml
> invite Ann flow=f site=main-street service_name=Haircut
> start
> tap 5
> say 1 and 3
= what: fd, wifi
