> flow flow.yaml
> invite Ann flow=e7_rapidpro site=main-street lang=pt-BR
> start
> say blá
> say blá blá
> say blá blá blá
= overall: -
= staff: blá blá
