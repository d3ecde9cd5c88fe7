using FishCheckpoint.Client.Http;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Client.Maintenance;

/// <summary>The routes of health.</summary>
internal sealed class HealthCalls(FishHttp server)
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Once = TimeSpan.FromSeconds(5);

    /// <summary>Asks until the server is ready or the time is up; at least once.</summary>
    public async Task WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellation)
    {
        for (var begun = time.GetTimestamp(); ;)
        {
            try
            {
                await server.DoneAsync(HttpMethod.Get, Routes.Ready, null, cancellation, longest > Once ? longest : Once);
                return;
            }
            catch (FishException error) when (error.Kind == ErrorKind.Unavailable && time.GetElapsedTime(begun) + Between < longest)
            {
                await Task.Delay(Between, time, cancellation);
            }
        }
    }
}
