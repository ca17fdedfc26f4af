> flow flow.yaml
> invite Ann flow=f site=main-street service_name=Haircut
> start
> tap 5
> tap Wrong
> tap Yes
> tap 1
> say floor
> tap Change the answer to: Was anything wrong?
> tap Fine
= hurt: no
