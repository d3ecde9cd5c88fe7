using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>The routes of maintenance.</summary>
internal static class MaintenanceApi
{
    public static void MapMaintenance(this RouteGroupBuilder v1)
    {
        v1.MapPost("/gc/", CollectAsync).Describe(
            "Delete checkpoints that no retention rule keeps, rebase what depends on them, and return unused bytes to the disk; "
            + "?dryRun=true only reports them; ?now=true ends the grace period of deleted checkpoints", 503);
        var group = v1.MapGroup("/maintenance");
        group.MapPost("/recode", RecodeAsync).DescribeRound("Encode fast saves again to fewer bytes");
        group.MapPost("/fold", FoldAsync).DescribeRound("Fold checkpoints whose chains cost too much to read");
        group.MapPost("/verify", VerifyAsync).DescribeRound("Verify stored data, the longest unverified first");
        group.MapGet("/damage", DamageAsync).Needs(KeyScope.Read, Reach.Store)
            .WithSummary("List damage that verifications found and that is not yet repaired");
        group.MapPost("/backup", BackupAsync).Describe(
            "Back up the store to a folder of this name in the configured backup folder", 409, 413, 415, 503);
    }

    private static void Describe(this RouteHandlerBuilder route, string summary, params int[] failures) =>
        route.Needs(KeyScope.Admin, Reach.Store).WithSummary(summary).MayFail(failures);

    private static void DescribeRound(this RouteHandlerBuilder route, string summary) =>
        route.Describe($"{summary}; the optional body limits the work", 413, 415, 503);

    // In seconds, like on the command line.
    private static Task<Ok<CollectResult>> CollectAsync(
        bool? dryRun, bool? now, string? task, double? maxTime, IMaintenance store, IHostApplicationLifetime lifetime,
        CancellationToken cancellation)
    {
        var options = new CollectOptions { DryRun = dryRun ?? false, Now = now ?? false, Task = task, MaxTime = Seconds(maxTime) };
        return Round.RunAsync(
            "gc", "completed deletions stay", lifetime, ending => store.CollectAsync(options, ending), cancellation);
    }

    private static Task<Ok<RecodeResult>> RecodeAsync(
        RecodeOptions? options, IMaintenance store, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
        Round.RunAsync("recode", "recoded frames stay", lifetime, ending => store.RecodeAsync(options, ending), cancellation);

    private static Task<Ok<FoldResult>> FoldAsync(
        FoldOptions? options, IMaintenance store, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
        Round.RunAsync("fold", "completed folds stay", lifetime, ending => store.FoldAsync(options, ending), cancellation);

    private static Task<Ok<VerifyReport>> VerifyAsync(
        VerifyOptions? options, IMaintenance store, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
        Round.RunAsync("verify", "completed verifications count", lifetime, ending => store.VerifyAsync(options, ending), cancellation);

    private static async Task<Ok<IReadOnlyList<KnownDamage>>> DamageAsync(IMaintenance store, CancellationToken cancellation) =>
        TypedResults.Ok(await store.ListDamageAsync(cancellation));

    // A name, never a path, so that it cannot lead outside the folder.
    private static Task<Ok<BackupReport>> BackupAsync(
        BackupOptions options, FishSettings settings, IMaintenance store, IHostApplicationLifetime lifetime, CancellationToken cancellation)
    {
        var folder = settings.Maintenance.BackupFolder ?? throw new FishException(
            ErrorCode.RequestInvalid, $"{FishSettings.Section}:Maintenance:BackupFolder", "The server has no backup folder.",
            "Configure one in its settings.");
        var to = Path.Combine(Path.GetFullPath(folder), FolderNames.Check(Names.Check(options.To, "backup")));
        return Round.RunAsync(
            "backup", "the partial backup was removed", lifetime, ending => store.BackupAsync(options with { To = to }, ending),
            cancellation);
    }

    private static TimeSpan? Seconds(double? seconds) => seconds is null ? null
        : Math.Abs(seconds.Value) < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds.Value)
        : throw new FishException(
            ErrorCode.RequestInvalid, "maxTime", $"{seconds} seconds is not a valid time limit.", "Give seconds, or leave it out.");
}
