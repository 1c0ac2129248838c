#include "core/tcp/receiver_port.h"

#include <utility>

#include "core/tcp/plane.h"

namespace cotcp {

ReceiverPort::ReceiverPort(PortContext& context, SlotId id, std::shared_ptr<Mailbox> mailbox, bool resetUnlessClosed)
    : Port(PortKind::kReceiver),
      context_(context),
      id_(id),
      mailbox_(std::move(mailbox)),
      resetUnlessClosed_(resetUnlessClosed) {}

void ReceiverPort::take(Newcomer newcomer) {
  waiting_.push_back(std::move(newcomer));
  serve();
}

void ReceiverPort::serve() {
  if (servedIn_ != context_.loop.iterations()) {
    servedIn_ = context_.loop.iterations();
    served_ = 0;
  }
  for (; !waiting_.empty() && served_ < kAdmitsPerTurn && context_.completions.hasRoom(); ++served_) admitFirst();
  if (waiting_.empty() || std::exchange(queued_, true)) return;
  context_.loop.queueInLoop([&context = context_, id = id_] {
    auto* port = static_cast<ReceiverPort*>(context.slots.find(id));
    if (port == nullptr) return;
    port->queued_ = false;
    port->serve();
  });
}

void ReceiverPort::admitFirst() {
  Newcomer newcomer = std::move(waiting_.front());
  waiting_.pop_front();
  const auto id = admit(context_, std::move(newcomer), resetUnlessClosed_);
  if (!id) {
    onDoorTrouble(id.error().code, 1, false);
    return;
  }
  context_.completions.push(id_, layout::Completion::kAccepted, static_cast<int32_t>(id->slot),
                            static_cast<int32_t>(id->generation));
}

void ReceiverPort::listenOn(UniqueFd listener, std::shared_ptr<Quota> quota) {
  auto wake = [mailbox = mailbox_, id = id_] {
    (void)mailbox->post([id](Plane& plane) {
      if (ReceiverPort* port = plane.receiver(id.slot, id.generation)) port->onRoom();
    });
  };
  door_ = std::make_unique<Door>(context_.loop, std::move(listener), std::move(quota), std::move(wake), *this);
  if (auto opened = door_->open(); !opened) {
    onDoorTrouble(opened.error().code, 0, true);
    door_.reset();
    return;
  }
  door_->setWanted(true);
}

void ReceiverPort::onDoorTrouble(int error, int refused, bool paused) {
  context_.completions.push(id_, layout::Completion::kAcceptTrouble, error, refused, paused ? 1 : 0);
}

}  // namespace cotcp
