> flow mended.flow
> invite Ann flow=f site=main-street service_name=Haircut
> start
> tap 4
> tap 5
= eff: 5
= case: P2
