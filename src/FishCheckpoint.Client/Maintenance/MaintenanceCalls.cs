using System.Net.Http.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;

namespace FishCheckpoint.Client.Maintenance;

/// <summary>The routes of maintenance. They answer when the work is done, which may take hours: their silence has no limit.</summary>
internal sealed class MaintenanceCalls(FishHttp server)
{
    private static readonly TimeSpan UntilDone = Timeout.InfiniteTimeSpan;

    public Task<RecodeResult> RecodeAsync(RecodeOptions? options, CancellationToken cancellation) => server.JsonAsync<RecodeResult>(
        HttpMethod.Post, Routes.Recode, cancellation, JsonContent.Create((options ?? new RecodeOptions()).Checked(), options: FishJson.Options), UntilDone);

    public Task<VerifyReport> VerifyAsync(VerifyOptions? options, CancellationToken cancellation) => server.JsonAsync<VerifyReport>(
        HttpMethod.Post, Routes.Verify, cancellation, JsonContent.Create((options ?? new VerifyOptions()).Checked(), options: FishJson.Options), UntilDone);

    public Task<IReadOnlyList<KnownDamage>> ListDamageAsync(CancellationToken cancellation) =>
        server.JsonAsync<IReadOnlyList<KnownDamage>>(HttpMethod.Get, Routes.Damage, cancellation);

    public Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken cancellation) => server.JsonAsync<BackupReport>(
        HttpMethod.Post, Routes.Backup, cancellation, JsonContent.Create(options with { To = Names.Check(options.To, "backup") }, options: FishJson.Options), UntilDone);

    public Task<CollectResult> CollectAsync(CollectOptions? options, CancellationToken cancellation) =>
        server.JsonAsync<CollectResult>(HttpMethod.Post, Routes.Collect((options ?? new CollectOptions()).Checked()), cancellation, wait: UntilDone);

    public Task<FoldResult> FoldAsync(FoldOptions? options, CancellationToken cancellation) => server.JsonAsync<FoldResult>(
        HttpMethod.Post, Routes.Fold, cancellation, JsonContent.Create((options ?? new FoldOptions()).Checked(), options: FishJson.Options), UntilDone);
}
