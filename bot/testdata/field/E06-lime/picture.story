> flow flow.yaml
> invite Ann flow=e6_lime site=main-street service_name=Haircut
> start
> tap 5
> tap 4
> tap 6
> photo
! up: -
