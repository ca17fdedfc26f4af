> flow flow.yaml
> invite Ann flow=e3_matrix site=main-street service_name=Haircut
> start
> tap 4
= customer: The staff knew their trade
> tap 5
= row1: 5
> tap 4
= row2: 4
> tap 2
= row3: 2
