> flow flow.yaml
> invite Ann flow=f site=main-street lang=nn
> start
= customer: NB
