using System.Net;
using Microsoft.AspNetCore.Connections;

namespace FishCheckpoint.Api.Limits;

/// <summary>A connection that <see cref="ConnectionGate"/> admitted. The gate changes it under its lock.</summary>
/// <param name="connection">The connection.</param>
/// <param name="address">Its remote address.</param>
/// <param name="isReserve">Whether it has a reserve place, which serves only open routes.</param>
/// <param name="since">When it was accepted, by the gate's clock.</param>
internal sealed class GatedConnection(ConnectionContext connection, IPAddress address, bool isReserve, long since)
{
    public ConnectionContext Connection => connection;

    public IPAddress Address => address;

    public bool IsReserve => isReserve;

    /// <summary>Whether it is still counted.</summary>
    public bool IsOpen { get; set; } = true;

    /// <summary>Its place in the list of idle connections; <see langword="null"/>: it has a running request.</summary>
    public LinkedListNode<GatedConnection>? Place { get; set; }

    /// <summary>Whether it ever sent a request.</summary>
    public bool HasSpoken { get; set; }

    /// <summary>The number of running requests.</summary>
    public int Requests { get; set; }

    /// <summary>Since when it has been idle.</summary>
    public long IdleSince { get; set; } = since;
}
