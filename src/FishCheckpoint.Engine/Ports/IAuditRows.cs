using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about the audit log.</summary>
internal interface IAuditRows
{
    Page<AuditEntry> List(PageRequest page, string? task, DateTimeOffset? since);
}

/// <summary>Changes the audit log.</summary>
internal interface IAuditChanges : IAuditRows
{
    /// <summary>Writes down what was done, and now and then removes the oldest such entries.</summary>
    void Append(AuditEntry entry, AuditOptions options);

    /// <summary>
    /// Writes down what was refused: counted with the equal refusals of the day, of one key from one address. Where the key has many
    /// entries of that day already, without its task.
    /// </summary>
    void AppendRefusal(AuditEntry refusal, AuditOptions options);
}
