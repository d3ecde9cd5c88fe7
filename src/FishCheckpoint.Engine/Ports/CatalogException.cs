using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>An error of the database.</summary>
/// <param name="fault">The kind of error.</param>
/// <param name="refusal">The error for the user.</param>
/// <param name="cause">The database's own error.</param>
internal sealed class CatalogException(CatalogFault fault, FishException refusal, Exception cause) : Exception(cause.Message, cause)
{
    public CatalogFault Fault => fault;

    public FishException Refusal => refusal;
}

/// <summary>The kinds of database errors.</summary>
internal enum CatalogFault
{
    /// <summary>The stored bytes are not those that were written.</summary>
    Damaged,

    /// <summary>The disk cannot be read or written.</summary>
    Unreadable,

    /// <summary>The disk is full.</summary>
    Full,

    /// <summary>A row violates a constraint.</summary>
    Constraint,

    /// <summary>The caller canceled.</summary>
    Interrupted,

    /// <summary>Any other reason, such as a lock that another process holds.</summary>
    Other,
}
