using System.Net;
using Microsoft.AspNetCore.Connections;

namespace FishCheckpoint.Api.Limits;

/// <summary>A connection that <see cref="ConnectionGate"/> has let in. The gate changes it, under its lock.</summary>
/// <param name="connection">The connection.</param>
/// <param name="address">Where it comes from.</param>
/// <param name="isReserve">Whether it has a place of the reserve, where open routes alone are answered.</param>
/// <param name="since">When it came, by the gate's clock.</param>
internal sealed class HeldConnection(ConnectionContext connection, IPAddress address, bool isReserve, long since)
{
    public ConnectionContext Connection => connection;

    public IPAddress Address => address;

    public bool IsReserve => isReserve;

    /// <summary>Whether it is counted still.</summary>
    public bool IsOpen { get; set; } = true;

    /// <summary>Its place among those that are idle; <see langword="null"/>: a request of it is being answered.</summary>
    public LinkedListNode<HeldConnection>? Place { get; set; }

    /// <summary>Whether a request of it has ever come.</summary>
    public bool HasSpoken { get; set; }

    /// <summary>Requests that are being answered.</summary>
    public int Requests { get; set; }

    /// <summary>Since when no request of it is being answered.</summary>
    public long IdleSince { get; set; } = since;
}
