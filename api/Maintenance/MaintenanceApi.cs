using FishCheckpoint.Api.Documents;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>The routes of maintenance.</summary>
internal static class MaintenanceApi
{
    public static void MapMaintenance(this RouteGroupBuilder group)
    {
        group.MapPost("/recode", RecodeAsync)
            .WithSummary("Encode again, to fewer bytes, what was saved fast; the body is optional and bounds the round").MayFail(413, 415, 503);
        group.MapPost("/verify", VerifyAsync)
            .WithSummary("Verify what is stored, what was not verified for longest first; the body is optional and bounds the round").MayFail(413, 415, 503);
        group.MapGet("/damage", DamageAsync).WithSummary("List the damage that verifications have found and none has found gone");
        group.MapPost("/backup", BackupAsync)
            .WithSummary("Back the store up into a folder of this name, under the folder that the settings name for backups").MayFail(409, 413, 415, 503);
    }

    // A server that stops does not wait for the round: what was replaced by then stays so.
    private static Task<Ok<RecodeResult>> RecodeAsync(
        RecodeOptions? options, ICheckpointRecoding store, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
        UntilStoppedAsync("recode", "what was recoded by then stays so", lifetime, cancellation, ending => store.RecodeAsync(options, ending));

    private static Task<Ok<VerifyReport>> VerifyAsync(
        VerifyOptions? options, IStoreVerification store, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
        UntilStoppedAsync("verify", "what was verified by then counts", lifetime, cancellation, ending => store.VerifyStoreAsync(options, ending));

    private static async Task<Ok<IReadOnlyList<KnownDamage>>> DamageAsync(IStoreVerification store, CancellationToken cancellation) =>
        TypedResults.Ok(await store.ListDamageAsync(cancellation));

    // A name, never a path: what is outside the folder cannot be said.
    private static Task<Ok<BackupReport>> BackupAsync(
        BackupOptions options, FishSettings settings, IStoreBackups store, IHostApplicationLifetime lifetime, CancellationToken cancellation)
    {
        var folder = settings.Maintenance.BackupFolder ?? throw new FishException(
            ErrorCode.RequestInvalid, $"{FishSettings.Section}:Maintenance:BackupFolder", "The server has no folder for backups.", "Name one in its settings.");
        var to = Path.Combine(Path.GetFullPath(folder), Names.Check(options.To, "backup"));
        return UntilStoppedAsync("backup", "nothing of it is left", lifetime, cancellation, ending => store.BackupAsync(options with { To = to }, ending));
    }

    private static async Task<Ok<T>> UntilStoppedAsync<T>(
        string what, string state, IHostApplicationLifetime lifetime, CancellationToken cancellation, Func<CancellationToken, Task<T>> work)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        try
        {
            return TypedResults.Ok(await work(ending.Token));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new FishException(ErrorCode.ServerUnavailable, what, $"The server stops; {state}.", "Ask again: the next round goes on from there.");
        }
    }
}
