using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>Runs a round of maintenance for a request, as long as the server does.</summary>
internal static class Round
{
    /// <summary>Runs it. A server that stops does not wait for the end.</summary>
    /// <param name="what">What is done.</param>
    /// <param name="state">What is left of a round that is broken off, in words.</param>
    /// <param name="lifetime">The server's.</param>
    /// <param name="work">The round.</param>
    /// <param name="cancellation">Ends the round when the client goes away.</param>
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
                ErrorCode.ServerUnavailable, what, $"The server stops; {state}.", "Ask again: the next round goes on from there.");
        }
    }
}
