using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads the audit log.</summary>
internal interface IAuditRows
{
    Page<AuditEntry> List(PageRequest page, string? task, DateTimeOffset? since);
}

/// <summary>Changes the audit log.</summary>
internal interface IAuditChanges : IAuditRows
{
    /// <summary>Adds an entry, and from time to time removes the oldest ones.</summary>
    void Append(AuditEntry entry, AuditOptions options);

    /// <summary>
    /// Adds a refusal. Equal refusals of one day, key and address share an entry; a key with many entries that day shares one without the
    /// task.
    /// </summary>
    void AppendRefusal(AuditEntry refusal, AuditOptions options);
}
