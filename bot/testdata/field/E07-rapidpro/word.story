> flow flow.yaml
> invite Ann flow=e7_rapidpro site=main-street lang=pt-BR
> start
> say otimo
= overall: 5
