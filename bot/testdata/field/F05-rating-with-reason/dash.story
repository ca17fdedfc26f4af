> invite Ann flow=one_tap_csat site=main-street service_name=Haircut
> start
> say 2 - too cold
= overall: 2
= staff: too cold
! case: none
