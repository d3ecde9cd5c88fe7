using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FishCheckpoint.Extensions.DependencyInjection;

/// <summary>Reads one page of tasks and the known damage.</summary>
internal sealed class StoreHealth(ITasks tasks, IMaintenance maintenance) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await tasks.ListAsync(new PageRequest(1), cancellationToken).ReadPageAsync().ConfigureAwait(false);
            var damage = await maintenance.ListDamageAsync(cancellationToken).ConfigureAwait(false);
            return damage.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(
                $"{damage.Count} stored items are damaged; the first is {damage[0].Key}: {damage[0].Problem}");
        }
        catch (FishException error)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, error.Message, error);
        }
    }
}
