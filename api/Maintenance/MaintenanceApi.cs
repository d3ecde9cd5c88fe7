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
    public static void MapMaintenance(this RouteGroupBuilder group)
    {
        group.MapPost("/recode", RecodeAsync).Needs(KeyScope.Admin, Reach.Store)
            .WithSummary("Encode again, to fewer bytes, what was saved fast; the body is optional and bounds the round")
            .MayFail(413, 415, 503);
        group.MapPost("/fold", FoldAsync).Needs(KeyScope.Admin, Reach.Store)
            .WithSummary("Lay checkpoints that cost too much to read on earlier ones; the body is optional and bounds the round")
            .MayFail(413, 415, 503);
        group.MapPost("/verify", VerifyAsync).Needs(KeyScope.Admin, Reach.Store)
            .WithSummary("Verify what is stored, what was not verified for longest first; the body is optional and bounds the round")
            .MayFail(413, 415, 503);
        group.MapGet("/damage", DamageAsync).Needs(KeyScope.Read, Reach.Store)
            .WithSummary("List the damage that verifications have found and none has found gone");
        group.MapPost("/backup", BackupAsync).Needs(KeyScope.Admin, Reach.Store)
            .WithSummary("Back the store up into a folder of this name, under the folder that the settings name for backups")
            .MayFail(409, 413, 415, 503);
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
}
