> flow flow.yaml
> invite Ann flow=f site=main-street lang=in
> start
= customer: ID
