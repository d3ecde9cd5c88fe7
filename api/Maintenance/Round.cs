using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>Runs a round of maintenance for a request until the server stops.</summary>
internal static class Round
{
    /// <summary>Runs the round. A stopping server does not wait for its end.</summary>
    /// <param name="what">The kind of work.</param>
    /// <param name="state">What remains of an interrupted round, as text.</param>
    /// <param name="lifetime">The server's lifetime.</param>
    /// <param name="work">The round.</param>
    /// <param name="cancellation">Cancels the round when the client disconnects.</param>
    public static async Task<Ok<T>> RunAsync<T>(
        string what, string state, IHostApplicationLifetime lifetime, Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        try
        {
            return TypedResults.Ok(await work(ending.Token));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new FishException(
                ErrorCode.ServerUnavailable, what, $"The server is shutting down; {state}.",
                "Try again: the next round continues from there.");
        }
    }
}
