using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>The database failed.</summary>
/// <param name="fault">How.</param>
/// <param name="refusal">What its caller's caller is told.</param>
/// <param name="cause">The database's own error.</param>
internal sealed class CatalogException(CatalogFault fault, FishException refusal, Exception cause) : Exception(cause.Message, cause)
{
    public CatalogFault Fault => fault;

    public FishException Refusal => refusal;
}

/// <summary>How a database fails.</summary>
internal enum CatalogFault
{
    /// <summary>What the disk holds is not what was written.</summary>
    Damaged,

    /// <summary>The disk does not read or write.</summary>
    Unreadable,

    /// <summary>The disk is full.</summary>
    Full,

    /// <summary>A row breaks a rule of its table.</summary>
    Constraint,

    /// <summary>It was told to stop.</summary>
    Interrupted,

    /// <summary>Whatever else keeps it from its work, as others that hold a lock.</summary>
    Other,
}
