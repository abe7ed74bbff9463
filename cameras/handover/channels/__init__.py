"""One small file for each way to deliver, the same names in each:

`fault(address)`: what is wrong with an address, in words; empty when it will do.
`outgoing(content, address, secret, formats, delivery)`: exactly what would be sent.
`send(outgoing, secret, now)`: sends it.  Raises NotSent or Unclear.
"""

from types import ModuleType

from cameras.handover.channels import dingtalk, email, webhook, wecom

CHANNELS: dict[str, ModuleType] = {
    "email": email,
    "webhook": webhook,
    "wecom": wecom,
    "dingtalk": dingtalk,
}
