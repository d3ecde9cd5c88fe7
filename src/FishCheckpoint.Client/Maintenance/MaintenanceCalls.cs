using System.Net.Http.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Client.Maintenance;

/// <summary>The routes of maintenance. They respond when the work is done, which may take hours, so they have no idle timeout.</summary>
internal sealed class MaintenanceCalls(FishHttp server) : IMaintenance
{
    private static readonly TimeSpan UntilDone = Timeout.InfiniteTimeSpan;

    public Task<RecodeResult> RecodeAsync(RecodeOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync<RecodeResult, RecodeOptions>(Routes.Recode, (options ?? new RecodeOptions()).Validate(), cancellationToken);

    public Task<VerifyReport> VerifyAsync(VerifyOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync<VerifyReport, VerifyOptions>(Routes.Verify, (options ?? new VerifyOptions()).Validate(), cancellationToken);

    public Task<VerifyResult> VerifyCheckpointAsync(string task, StepRef step, CancellationToken cancellationToken = default) =>
        server.JsonAsync<VerifyResult>(
            HttpMethod.Post, $"{Routes.Checkpoint(task, step)}/verify", cancellationToken, wait: server.ForComputed);

    public Task<IReadOnlyList<KnownDamage>> ListDamageAsync(CancellationToken cancellationToken = default) =>
        server.JsonAsync<IReadOnlyList<KnownDamage>>(HttpMethod.Get, Routes.Damage, cancellationToken);

    public Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken cancellationToken = default) =>
        PostAsync<BackupReport, BackupOptions>(Routes.Backup, options with { To = Names.Check(options.To, "backup") }, cancellationToken);

    public Task<CollectResult> CollectAsync(CollectOptions? options = null, CancellationToken cancellationToken = default)
    {
        var path = Routes.Collect((options ?? new CollectOptions()).Validate());
        return server.JsonAsync<CollectResult>(HttpMethod.Post, path, cancellationToken, wait: UntilDone);
    }

    public Task<FoldResult> FoldAsync(FoldOptions? options = null, CancellationToken cancellationToken = default) =>
        PostAsync<FoldResult, FoldOptions>(Routes.Fold, (options ?? new FoldOptions()).Validate(), cancellationToken);

    private Task<TResult> PostAsync<TResult, TOptions>(string path, TOptions options, CancellationToken cancellation) =>
        server.JsonAsync<TResult>(HttpMethod.Post, path, cancellation, JsonContent.Create(options, options: FishJson.Options), UntilDone);
}
