> invite Ann flow=one_tap_csat site=main-street service_name=Haircut
> start
> say 2, it was too cold
= overall: 2
= staff: it was too cold
! case: none
