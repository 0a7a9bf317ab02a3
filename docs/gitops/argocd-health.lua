-- Health of an NcpSecret, an NcpSecretStore or a ClusterNcpSecretStore, for Argo CD.
--
-- Healthy      the Secret in the cluster is good. A rotation that fails changes nothing for pods: it is in the message.
-- Degraded     it is not good, and only a person can mend that, or it was good before.
-- Progressing  the operator has not answered yet, or waits for something that may still come.
-- Suspended    spec.suspend is true.

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready = conditions.Ready
local stalled = conditions.Stalled
local rotation = conditions.RotationHealthy

if obj.spec ~= nil and obj.spec.suspend then
  return {status = "Suspended", message = "Nothing is read or written, because spec.suspend is true."}
end

if ready == nil or status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "The operator has not answered yet."}
end

if ready.status == "True" then
  local message = ready.message
  if rotation ~= nil and rotation.status == "False" then
    message = message .. " " .. rotation.message
  end
  return {status = "Healthy", message = message}
end

-- An object that was never synced may wait for its store or its secret, which others are about to create. A store is only
-- told to be in trouble after somebody tried it.
local was_good = status.target ~= nil or obj.kind ~= "NcpSecret"
local needs_a_person = stalled ~= nil and stalled.status == "True"
if was_good or needs_a_person then
  return {status = "Degraded", message = ready.message}
end
return {status = "Progressing", message = ready.message}
