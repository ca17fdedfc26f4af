> flow flow.yaml
> invite Ann flow=e9_weekly site=main-street service_name=Haircut
> start
> say all right
= mark: 3
> tap Skip
