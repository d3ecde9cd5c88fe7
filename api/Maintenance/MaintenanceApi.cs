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
            "Delete checkpoints that no retention rule keeps, rebase what depends on them, and free unused space; "
            + "?dryRun=true only lists them; ?now=true ends the grace period of deleted checkpoints", 503);
        var group = v1.MapGroup("/maintenance");
        group.MapPost("/recode", RecodeAsync).DescribeRound("Encode checkpoints that were saved fast to fewer bytes");
        group.MapPost("/fold", FoldAsync).DescribeRound("Shorten chains of deltas that cost too much to read");
        group.MapPost("/verify", VerifyAsync).DescribeRound("Verify the store, starting with the least recently verified items");
        group.MapGet("/damage", DamageAsync).Needs(KeyScope.Read, Reach.Store)
            .WithSummary("List known damage: found by a verification and not yet repaired");
        group.MapPost("/backup", BackupAsync).Describe(
            "Back up the store into a folder of this name, inside the backup folder of the settings", 409, 413, 415, 503);
    }

    private static void Describe(this RouteHandlerBuilder route, string summary, params int[] failures) =>
        route.Needs(KeyScope.Admin, Reach.Store).WithSummary(summary).MayFail(failures);

    private static void DescribeRound(this RouteHandlerBuilder route, string summary) =>
        route.Describe($"{summary}; the optional body limits the work", 413, 415, 503);

    // Seconds, as the command line has them.
    private static Task<Ok<CollectResult>> CollectAsync(
        bool? dryRun, bool? now, string? task, double? maxTime, IMaintenance store, IHostApplicationLifetime lifetime,
        CancellationToken cancellation)
    {
        var options = new CollectOptions { DryRun = dryRun ?? false, Now = now ?? false, Task = task, MaxTime = Seconds(maxTime) };
        return Round.RunAsync(
            "gc", "what was collected by then stays so", lifetime, ending => store.CollectAsync(options, ending), cancellation);
    }

    private static Task<Ok<RecodeResult>> RecodeAsync(
        RecodeOptions? options, IMaintenance store, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
        Round.RunAsync("recode", "what was recoded by then stays so", lifetime, ending => store.RecodeAsync(options, ending), cancellation);

    private static Task<Ok<FoldResult>> FoldAsync(
        FoldOptions? options, IMaintenance store, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
        Round.RunAsync("fold", "what was folded by then stays so", lifetime, ending => store.FoldAsync(options, ending), cancellation);

    private static Task<Ok<VerifyReport>> VerifyAsync(
        VerifyOptions? options, IMaintenance store, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
        Round.RunAsync("verify", "what was verified by then counts", lifetime, ending => store.VerifyAsync(options, ending), cancellation);

    private static async Task<Ok<IReadOnlyList<KnownDamage>>> DamageAsync(IMaintenance store, CancellationToken cancellation) =>
        TypedResults.Ok(await store.ListDamageAsync(cancellation));

    // A name, never a path: what is outside the folder cannot be said.
    private static Task<Ok<BackupReport>> BackupAsync(
        BackupOptions options, FishSettings settings, IMaintenance store, IHostApplicationLifetime lifetime, CancellationToken cancellation)
    {
        var folder = settings.Maintenance.BackupFolder ?? throw new FishException(
            ErrorCode.RequestInvalid, $"{FishSettings.Section}:Maintenance:BackupFolder", "The server has no folder for backups.",
            "Name one in its settings.");
        var to = Path.Combine(Path.GetFullPath(folder), FolderNames.Check(Names.Check(options.To, "backup")));
        return Round.RunAsync(
            "backup", "nothing of it is left", lifetime, ending => store.BackupAsync(options with { To = to }, ending), cancellation);
    }

    private static TimeSpan? Seconds(double? seconds) => seconds is null ? null
        : Math.Abs(seconds.Value) < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds.Value)
        : throw new FishException(
            ErrorCode.RequestInvalid, "maxTime", $"{seconds} seconds are no time to work in.", "Give seconds, or leave it out.");
}
