> flow flow.yaml
> invite Ann flow=f site=main-street lang=ar
> start
> say راض جدا
= overall: 5
