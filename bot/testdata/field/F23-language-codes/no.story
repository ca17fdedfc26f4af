> flow flow.yaml
> invite Ann flow=f site=main-street lang=no
> start
= customer: NB
