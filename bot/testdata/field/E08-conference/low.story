> flow flow.yaml
> invite Ann flow=e8_conference site=main-street service_name=Haircut
> start
> tap 3
! case: none
> say Too loud
= why: Too loud
> tap 7
> tap 8
= closing: 8
> say three fine words
= words: three fine words
