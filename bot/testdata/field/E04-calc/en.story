> flow flow.yaml
> invite Ann flow=e4_calc site=main-street service_name=Haircut
> start
> tap 4
> say 3
> say 2
= customer: You said 3 nights for 2 guests.
