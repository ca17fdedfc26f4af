> flow flow.yaml
> invite Ann flow=f site=main-street lang=es
> start
> tap 4
> say si
= solved: 2
