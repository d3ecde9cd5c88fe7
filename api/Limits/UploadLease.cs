using System.Threading.RateLimiting;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Limits;

/// <summary>One upload's part of the temporary space. One request uses it; a form's parts arrive one after another.</summary>
internal sealed class UploadLease(UploadRoom room, RateLimitLease permit) : IDisposable
{
    private long reserved;
    private long received;
    private long lookAt = UploadRoom.Step;

    /// <summary>Reserves an announced length.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.InsufficientStorage"/>.</exception>
    public void Announce(long bytes)
    {
        room.Reserve(bytes);
        reserved += bytes;
    }

    /// <summary>Counts received bytes.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.InsufficientStorage"/>.</exception>
    public void Receive(int bytes)
    {
        if (received + bytes > reserved)
        {
            Announce(UploadRoom.Step);
        }

        var look = received + bytes >= lookAt;
        lookAt += look ? UploadRoom.Step : 0;
        received += bytes;
        room.Receive(bytes, look);
    }

    public void Dispose()
    {
        room.Leave(reserved, received);
        permit.Dispose();
    }
}
