> flow flow.yaml
> invite Ann flow=f site=main-street service_name=Haircut
> start
> tap 4
> say 👨‍👩‍👧‍👦👨‍👩‍👧‍👦
= t: 👨‍👩‍👧‍👦👨‍👩‍👧‍👦
