using System.Threading.RateLimiting;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Limits;

/// <summary>The part of the room that one upload has. Used by one request; a form's parts come one after another.</summary>
internal sealed class UploadLease(UploadRoom room, RateLimitLease permit) : IDisposable
{
    private long reserved;
    private long received;
    private long lookAt = UploadRoom.Step;

    /// <summary>Sets an announced length aside.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.InsufficientStorage"/>.</exception>
    public void Announce(long bytes)
    {
        room.Reserve(bytes);
        reserved += bytes;
    }

    /// <summary>Takes note of bytes that came.</summary>
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
