> flow flow.yaml
> invite Ann flow=e4_calc site=main-street lang=pt-BR
> start
> say 4
> say 3
> say 2
= customer: 3 noites, 2 hóspedes.
