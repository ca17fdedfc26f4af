> flow flow.yaml
> invite Ann flow=f site=main-street lang=iw
> start
= customer: HE
