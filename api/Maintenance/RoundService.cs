using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>Does one kind of maintenance in the background, one round every so often, where the settings ask for it.</summary>
/// <param name="setting">The setting that says how often, below <c>Maintenance</c>.</param>
/// <param name="every">What it says.</param>
/// <param name="what">What a round is called in the log.</param>
/// <param name="options">The store's options, for their clock.</param>
/// <param name="logger">The log.</param>
internal abstract class RoundService(string setting, TimeSpan every, string what, EngineOptions options, ILogger logger) : BackgroundService
{
    // What a timer can be set to.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (every < TimeSpan.Zero || every > Longest)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, $"{FishSettings.Section}:Maintenance:{setting}", $"{every} is no time between rounds.",
                $"Give a time up to {Longest}, or 00:00:00 for none.");
        }

        CheckBudget();
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (every == TimeSpan.Zero)
        {
            return;
        }

        using var timer = new PeriodicTimer(every, options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken) && await RunAsync(stoppingToken))
            {
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops, or did not start: no failure, of which the host would tell.
        }
    }

    /// <summary>Refuses a budget that cannot be.</summary>
    protected abstract void CheckBudget();

    /// <summary>Does one round, and logs what came of it.</summary>
    /// <returns>What was found damaged.</returns>
    protected abstract Task<IReadOnlyList<DamagedFrame>> RoundAsync(CancellationToken stopping);

    // Whether there are to be further rounds: a store that can only be read has none.
    private async Task<bool> RunAsync(CancellationToken stopping)
    {
        try
        {
            foreach (var damaged in await RoundAsync(stopping))
            {
                ApiLog.FoundDamaged(logger, damaged.Key, damaged.Problem);
            }
        }
        catch (FishException error)
        {
            ApiLog.RoundEnded(logger, what, error);
            return error.Code != ErrorCode.StoreReadOnly;
        }

        return true;
    }
}
