namespace FishCheckpoint.Api.Hosting;

/// <summary>Stops a local server when no client has been connected for a while.</summary>
/// <param name="socket">The socket and its connections.</param>
/// <param name="lifetime">Stops the server.</param>
/// <param name="time">The clock.</param>
internal sealed class LocalService(LocalSocket socket, IHostApplicationLifetime lifetime, TimeProvider time) : BackgroundService
{
    // The process that started it may connect late; a client that loses its connection reconnects soon.
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (since, patience, accepted) = (time.GetTimestamp(), FirstPatience, 0L);
        using var timer = new PeriodicTimer(Between, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            socket.BoundLog();
            if (socket.Connections > 0 || socket.Accepted != accepted)
            {
                (since, patience, accepted) = (time.GetTimestamp(), Patience, socket.Accepted);
            }
            else if (time.GetElapsedTime(since) >= patience && socket.TryClose())
            {
                lifetime.StopApplication();
                return;
            }
        }
    }
}
