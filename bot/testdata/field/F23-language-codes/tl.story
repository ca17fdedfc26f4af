> flow flow.yaml
> invite Ann flow=f site=main-street lang=tl
> start
= customer: FIL
