using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Client.Reading;

/// <summary>
/// Finds out why an answer ended early: a server that finds damage while it answers can only end the answer, and is asked afterwards.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="verify">Asks it what is damaged; <see langword="null"/> where it cannot be asked.</param>
internal sealed class TruncatedResponse(FishHttp server, Func<CancellationToken, Task<VerifyResult>>? verify)
{
    public async Task<FishException> ExplainAsync(IOException error, CancellationToken cancellation)
    {
        if (verify is not null && await verify(cancellation) is { Sound: false } result)
        {
            return new FishException(
                ErrorCode.CorruptCheckpoint, $"{result.Task}/{result.Step}", result.Problem ?? "The server ended the answer early.",
                "Load another step; restore the data folder from a backup.", error);
        }

        return server.Unavailable(error);
    }
}
