using System.Net.Http.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;

namespace FishCheckpoint.Client.Maintenance;

/// <summary>The routes of maintenance. They answer when the work is done, which may take hours: their silence has no limit.</summary>
internal sealed class MaintenanceCalls(FishHttp server)
{
    private static readonly TimeSpan UntilDone = Timeout.InfiniteTimeSpan;

    public Task<RecodeResult> RecodeAsync(RecodeOptions? options, CancellationToken cancellation) =>
        PostAsync<RecodeResult, RecodeOptions>(Routes.Recode, (options ?? new RecodeOptions()).Checked(), cancellation);

    public Task<VerifyReport> VerifyAsync(VerifyOptions? options, CancellationToken cancellation) =>
        PostAsync<VerifyReport, VerifyOptions>(Routes.Verify, (options ?? new VerifyOptions()).Checked(), cancellation);

    public Task<IReadOnlyList<KnownDamage>> ListDamageAsync(CancellationToken cancellation) =>
        server.JsonAsync<IReadOnlyList<KnownDamage>>(HttpMethod.Get, Routes.Damage, cancellation);

    public Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken cancellation) =>
        PostAsync<BackupReport, BackupOptions>(Routes.Backup, options with { To = Names.Check(options.To, "backup") }, cancellation);

    public Task<CollectResult> CollectAsync(CollectOptions? options, CancellationToken cancellation)
    {
        var path = Routes.Collect((options ?? new CollectOptions()).Checked());
        return server.JsonAsync<CollectResult>(HttpMethod.Post, path, cancellation, wait: UntilDone);
    }

    public Task<FoldResult> FoldAsync(FoldOptions? options, CancellationToken cancellation) =>
        PostAsync<FoldResult, FoldOptions>(Routes.Fold, (options ?? new FoldOptions()).Checked(), cancellation);

    private Task<TResult> PostAsync<TResult, TOptions>(string path, TOptions options, CancellationToken cancellation) =>
        server.JsonAsync<TResult>(HttpMethod.Post, path, cancellation, JsonContent.Create(options, options: FishJson.Options), UntilDone);
}
