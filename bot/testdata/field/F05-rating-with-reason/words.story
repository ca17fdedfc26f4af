> invite Ann flow=one_tap_csat site=main-street service_name=Haircut
> start
> say very dissatisfied because it took hours
= overall: 1
= staff: because it took hours
! case: none
